import { mount } from 'svelte'
import '../../ui/base.css'
import Volunteer from './Volunteer.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
mount(Volunteer, { target })
