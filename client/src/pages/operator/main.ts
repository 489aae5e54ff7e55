import { mount } from 'svelte'
import '../../ui/base.css'
import Operator from './Operator.svelte'

const target = document.getElementById('app')
if (!target) throw new Error('operator.html has no #app')
mount(Operator, { target })
